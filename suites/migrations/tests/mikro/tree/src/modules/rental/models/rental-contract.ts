import { model } from "@medusajs/framework/utils"
import RentalAsset from "./rental-asset"

const RentalContract = model
  .define("rental_contract", {
    id: model.id({ prefix: "rcon" }).primaryKey(),
    customer_id: model.text(),
    starts_at: model.dateTime(),
    due_at: model.dateTime(),
    returned_at: model.dateTime().nullable(),
    late_fee: model.bigNumber().default(0),
    asset: model.belongsTo(() => RentalAsset, { mappedBy: "contracts" }),
  })

export default RentalContract
