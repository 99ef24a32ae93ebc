import { MedusaService } from "@medusajs/framework/utils"
import SubscriptionPlan from "./models/subscription-plan"
import Subscription from "./models/subscription"

export default class SubscriptionModuleService extends MedusaService({ SubscriptionPlan, Subscription }) {}
