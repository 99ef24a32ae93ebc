import { MedusaService } from "@medusajs/framework/utils"
import CityNode from "./models/city-node"

export default class CityNodeModuleService extends MedusaService({ CityNode }) {}
