import { model } from "@medusajs/framework/utils"
import EventTicket from "./event-ticket"

const Event = model
  .define("event", {
    id: model.id({ prefix: "evt" }).primaryKey(),
    tenant_id: model.text(),
    title: model.text(),
    venue: model.text().nullable(),
    starts_at: model.dateTime(),
    capacity: model.number().default(0),
    tickets: model.hasMany(() => EventTicket, { mappedBy: "event" }),
  })

export default Event
