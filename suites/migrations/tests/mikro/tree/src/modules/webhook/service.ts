import { MedusaService } from "@medusajs/framework/utils"
import WebhookDelivery from "./models/webhook-delivery"

export default class WebhookModuleService extends MedusaService({ WebhookDelivery }) {}
