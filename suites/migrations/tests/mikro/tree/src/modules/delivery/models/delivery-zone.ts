import { model } from "@medusajs/framework/utils"
import Delivery from "./delivery"

const DeliveryZone = model
  .define("delivery_zone", {
    id: model.id({ prefix: "dzone" }).primaryKey(),
    tenant_id: model.text(),
    name: model.text(),
    polygon: model.json().nullable(),
    fee: model.bigNumber().default(0),
    deliveries: model.hasMany(() => Delivery, { mappedBy: "zone" }),
  })

export default DeliveryZone
