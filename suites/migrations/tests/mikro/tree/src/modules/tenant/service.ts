import { MedusaService } from "@medusajs/framework/utils"
import Tenant from "./models/tenant"
import TenantSetting from "./models/tenant-setting"

export default class TenantModuleService extends MedusaService({ Tenant, TenantSetting }) {}
