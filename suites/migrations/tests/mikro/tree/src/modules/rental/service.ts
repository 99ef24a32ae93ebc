import { MedusaService } from "@medusajs/framework/utils"
import RentalAsset from "./models/rental-asset"
import RentalContract from "./models/rental-contract"

export default class RentalModuleService extends MedusaService({ RentalAsset, RentalContract }) {}
