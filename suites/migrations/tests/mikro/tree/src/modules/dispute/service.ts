import { MedusaService } from "@medusajs/framework/utils"
import Dispute from "./models/dispute"
import DisputeMessage from "./models/dispute-message"

export default class DisputeModuleService extends MedusaService({ Dispute, DisputeMessage }) {}
