import { model } from "@medusajs/framework/utils"
import Booking from "./booking"
import BookingSlot from "./booking-slot"

const BookingResource = model
  .define("booking_resource", {
    id: model.id({ prefix: "bres" }).primaryKey(),
    tenant_id: model.text(),
    vendor_id: model.text(),
    name: model.text(),
    capacity: model.number().default(1),
    is_active: model.boolean().default(true),
    bookings: model.hasMany(() => Booking, { mappedBy: "resource" }),
    slots: model.hasMany(() => BookingSlot, { mappedBy: "resource" }),
  })

export default BookingResource
