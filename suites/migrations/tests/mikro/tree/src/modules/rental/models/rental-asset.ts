import { model } from "@medusajs/framework/utils"
import RentalContract from "./rental-contract"

const RentalAsset = model
  .define("rental_asset", {
    id: model.id({ prefix: "rass" }).primaryKey(),
    vendor_id: model.text(),
    serial: model.text().unique(),
    daily_rate: model.bigNumber(),
    deposit: model.bigNumber().default(0),
    status: model.enum(["available", "rented", "maintenance"]).default("available"),
    contracts: model.hasMany(() => RentalContract, { mappedBy: "asset" }),
  })

export default RentalAsset
