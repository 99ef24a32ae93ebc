import { MedusaService } from "@medusajs/framework/utils"
import Vendor from "./models/vendor"
import VendorMember from "./models/vendor-member"
import VendorOrder from "./models/vendor-order"

export default class VendorModuleService extends MedusaService({ Vendor, VendorMember, VendorOrder }) {}
