import { model } from "@medusajs/framework/utils"

const TaxProfile = model
  .define("tax_profile", {
    id: model.id({ prefix: "taxp" }).primaryKey(),
    vendor_id: model.text().unique(),
    vat_number: model.text().nullable(),
    rate: model.float().default(15),
    is_exempt: model.boolean().default(false),
  })

export default TaxProfile
