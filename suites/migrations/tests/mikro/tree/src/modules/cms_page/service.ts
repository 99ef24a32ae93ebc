import { MedusaService } from "@medusajs/framework/utils"
import CmsPage from "./models/cms-page"

export default class CmsPageModuleService extends MedusaService({ CmsPage }) {}
