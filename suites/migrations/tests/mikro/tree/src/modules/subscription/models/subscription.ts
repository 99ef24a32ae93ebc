import { model } from "@medusajs/framework/utils"
import SubscriptionPlan from "./subscription-plan"

const Subscription = model
  .define("subscription", {
    id: model.id({ prefix: "subs" }).primaryKey(),
    customer_id: model.text(),
    status: model.enum(["trialing", "active", "past_due", "cancelled"]).default("active"),
    current_period_end: model.dateTime().nullable(),
    cancelled_at: model.dateTime().nullable(),
    plan: model.belongsTo(() => SubscriptionPlan, { mappedBy: "subscriptions" }),
  })
  .indexes([
    { on: ["customer_id", "status"] },
  ])

export default Subscription
