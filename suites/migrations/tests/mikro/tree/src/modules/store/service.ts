import { MedusaService } from "@medusajs/framework/utils"
import StoreFront from "./models/store-front"

export default class StoreModuleService extends MedusaService({ StoreFront }) {}
