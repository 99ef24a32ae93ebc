import { model } from "@medusajs/framework/utils"

const Quote = model
  .define("quote", {
    id: model.id({ prefix: "quo" }).primaryKey(),
    customer_id: model.text(),
    quote_number: model.text().unique(),
    total: model.bigNumber(),
    currency_code: model.text(),
    status: model.enum(["draft", "sent", "accepted", "rejected"]).default("draft"),
    valid_until: model.dateTime().nullable(),
    note: model.text().nullable(),
  })

export default Quote
