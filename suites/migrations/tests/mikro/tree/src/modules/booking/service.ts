import { MedusaService } from "@medusajs/framework/utils"
import BookingResource from "./models/booking-resource"
import Booking from "./models/booking"
import BookingSlot from "./models/booking-slot"

export default class BookingModuleService extends MedusaService({ BookingResource, Booking, BookingSlot }) {}
