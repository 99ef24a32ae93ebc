import { model } from "@medusajs/framework/utils"
import WarehouseBin from "./warehouse-bin"

const Warehouse = model
  .define("warehouse", {
    id: model.id({ prefix: "whs" }).primaryKey(),
    tenant_id: model.text(),
    code: model.text().unique(),
    name: model.text(),
    address: model.json().nullable(),
    bins: model.hasMany(() => WarehouseBin, { mappedBy: "warehouse" }),
  })

export default Warehouse
