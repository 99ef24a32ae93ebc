import { MedusaService } from "@medusajs/framework/utils"
import Warehouse from "./models/warehouse"
import WarehouseBin from "./models/warehouse-bin"

export default class WarehouseModuleService extends MedusaService({ Warehouse, WarehouseBin }) {}
