import { model } from "@medusajs/framework/utils"

const CityNode = model
  .define("city_node", {
    id: model.id({ prefix: "node" }).primaryKey(),
    tenant_id: model.text(),
    name: model.text(),
    name_ar: model.text().nullable(),
    slug: model.text(),
    type: model.enum(["country", "region", "city", "district", "zone"]).default("city"),
    parent_id: model.text().nullable(),
    path: model.text().nullable(),
    latitude: model.float().nullable(),
    longitude: model.float().nullable(),
  })
  .indexes([
    { on: ["tenant_id", "slug"], unique: true },
    { on: ["parent_id"] },
  ])

export default CityNode
