import { model } from "@medusajs/framework/utils"
import Event from "./event"

const EventTicket = model
  .define("event_ticket", {
    id: model.id({ prefix: "etik" }).primaryKey(),
    customer_id: model.text(),
    barcode: model.text().unique(),
    price: model.bigNumber(),
    scanned_at: model.dateTime().nullable(),
    event: model.belongsTo(() => Event, { mappedBy: "tickets" }),
  })

export default EventTicket
