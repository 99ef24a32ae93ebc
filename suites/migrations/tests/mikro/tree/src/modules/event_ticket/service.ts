import { MedusaService } from "@medusajs/framework/utils"
import Event from "./models/event"
import EventTicket from "./models/event-ticket"

export default class EventTicketModuleService extends MedusaService({ Event, EventTicket }) {}
