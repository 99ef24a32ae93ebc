import { model } from "@medusajs/framework/utils"

const Review = model
  .define("review", {
    id: model.id({ prefix: "rev" }).primaryKey(),
    product_id: model.text(),
    customer_id: model.text(),
    rating: model.number(),
    title: model.text().nullable(),
    body: model.text().nullable(),
    status: model.enum(["pending", "published", "hidden"]).default("pending"),
    helpful: model.number().default(0),
  })
  .indexes([
    { on: ["product_id", "customer_id"], unique: true },
    { on: ["status"] },
  ])
  .checks([
    { name: "review_rating_check", expression: `rating between 1 and 5` },
  ])

export default Review
