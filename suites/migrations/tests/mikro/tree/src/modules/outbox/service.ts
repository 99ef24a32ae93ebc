import { MedusaService } from "@medusajs/framework/utils"
import OutboxEvent from "./models/outbox-event"
import OutboxInbox from "./models/outbox-inbox"

export default class OutboxModuleService extends MedusaService({ OutboxEvent, OutboxInbox }) {}
