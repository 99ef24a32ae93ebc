import { MedusaService } from "@medusajs/framework/utils"
import Invoice from "./models/invoice"
import InvoiceLine from "./models/invoice-line"

export default class InvoiceModuleService extends MedusaService({ Invoice, InvoiceLine }) {}
