import { model } from "@medusajs/framework/utils"
import BookingResource from "./booking-resource"

const Booking = model
  .define("booking", {
    id: model.id({ prefix: "book" }).primaryKey(),
    customer_id: model.text(),
    booking_number: model.text().unique(),
    starts_at: model.dateTime(),
    ends_at: model.dateTime(),
    price: model.bigNumber(),
    currency_code: model.text(),
    status: model.enum(["requested", "confirmed", "cancelled", "completed", "no_show"]).default("requested"),
    reminded_at: model.dateTime().nullable(),
    resource: model.belongsTo(() => BookingResource, { mappedBy: "bookings" }),
  })
  .indexes([
    { on: ["starts_at", "ends_at"] },
  ])
  .checks([
    { name: "booking_ends_after_start", expression: `ends_at > starts_at` },
  ])

export default Booking
