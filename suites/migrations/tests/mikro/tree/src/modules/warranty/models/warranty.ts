import { model } from "@medusajs/framework/utils"

const Warranty = model
  .define("warranty", {
    id: model.id({ prefix: "warr" }).primaryKey(),
    product_id: model.text(),
    order_id: model.text(),
    serial: model.text().nullable(),
    months: model.number().default(24),
    starts_at: model.dateTime(),
  })
  .indexes([
    { on: ["product_id", "order_id"], unique: true },
  ])

export default Warranty
