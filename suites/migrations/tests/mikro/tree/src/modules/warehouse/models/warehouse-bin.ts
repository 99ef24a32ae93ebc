import { model } from "@medusajs/framework/utils"
import Warehouse from "./warehouse"

const WarehouseBin = model
  .define("warehouse_bin", {
    id: model.id({ prefix: "wbin" }).primaryKey(),
    label: model.text(),
    quantity: model.number().default(0),
    warehouse: model.belongsTo(() => Warehouse, { mappedBy: "bins" }),
  })
  .indexes([
    { on: ["warehouse_id", "label"], unique: true },
  ])

export default WarehouseBin
