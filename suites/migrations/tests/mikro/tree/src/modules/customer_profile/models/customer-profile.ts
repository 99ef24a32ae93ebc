import { model } from "@medusajs/framework/utils"

const CustomerProfile = model
  .define("customer_profile", {
    id: model.id({ prefix: "cprof" }).primaryKey(),
    customer_id: model.text().unique(),
    phone: model.text().nullable(),
    birth_date: model.dateTime().nullable(),
    marketing: model.boolean().default(false),
    language: model.text().default("ar"),
    email_bounced_at: model.dateTime().nullable(),
  })

export default CustomerProfile
