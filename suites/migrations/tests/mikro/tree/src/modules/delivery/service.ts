import { MedusaService } from "@medusajs/framework/utils"
import DeliveryZone from "./models/delivery-zone"
import Delivery from "./models/delivery"

export default class DeliveryModuleService extends MedusaService({ DeliveryZone, Delivery }) {}
