import { model } from "@medusajs/framework/utils"
import BookingResource from "./booking-resource"

const BookingSlot = model
  .define("booking_slot", {
    id: model.id({ prefix: "bslo" }).primaryKey(),
    weekday: model.number(),
    opens_at: model.text(),
    closes_at: model.text(),
    resource: model.belongsTo(() => BookingResource, { mappedBy: "slots" }),
  })

export default BookingSlot
