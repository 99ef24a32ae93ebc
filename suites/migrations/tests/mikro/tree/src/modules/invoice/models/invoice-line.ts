import { model } from "@medusajs/framework/utils"
import Invoice from "./invoice"

const InvoiceLine = model
  .define("invoice_line", {
    id: model.id({ prefix: "invl" }).primaryKey(),
    title: model.text(),
    quantity: model.number().default(1),
    unit_price: model.bigNumber(),
    invoice: model.belongsTo(() => Invoice, { mappedBy: "lines" }),
  })

export default InvoiceLine
