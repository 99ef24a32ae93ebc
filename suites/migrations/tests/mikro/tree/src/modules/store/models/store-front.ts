import { model } from "@medusajs/framework/utils"

const StoreFront = model
  .define("store_front", {
    id: model.id({ prefix: "sfr" }).primaryKey(),
    tenant_id: model.text(),
    handle: model.text().unique(),
    name: model.text(),
    name_ar: model.text().default("متجر"),
    is_open: model.boolean().default(true),
    opening_hours: model.json().nullable(),
    tags: model.array().nullable(),
  })
  .indexes([
    { on: ["tenant_id"] },
  ])

export default StoreFront
