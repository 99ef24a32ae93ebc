import { model } from "@medusajs/framework/utils"
import InvoiceLine from "./invoice-line"

const Invoice = model
  .define("invoice", {
    id: model.id({ prefix: "inv" }).primaryKey(),
    order_id: model.text(),
    invoice_number: model.text().unique(),
    total: model.bigNumber(),
    tax_total: model.bigNumber().default(0),
    currency_code: model.text(),
    status: model.enum(["draft", "submitted", "paid", "cancelled"]).default("draft"),
    erp_name: model.text().nullable(),
    zatca_uuid: model.text().nullable(),
    zatca_hash: model.text().nullable(),
    lines: model.hasMany(() => InvoiceLine, { mappedBy: "invoice" }),
  })
  .indexes([
    { on: ["order_id"] },
    { on: ["zatca_uuid"] },
  ])

export default Invoice
