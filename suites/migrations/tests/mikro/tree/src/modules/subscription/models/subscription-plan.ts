import { model } from "@medusajs/framework/utils"
import Subscription from "./subscription"

const SubscriptionPlan = model
  .define("subscription_plan", {
    id: model.id({ prefix: "splan" }).primaryKey(),
    tenant_id: model.text(),
    code: model.text().unique(),
    name: model.text(),
    price: model.bigNumber(),
    currency_code: model.text(),
    interval: model.enum(["day", "week", "month", "year"]).default("month"),
    trial_days: model.number().default(0),
    subscriptions: model.hasMany(() => Subscription, { mappedBy: "plan" }),
  })

export default SubscriptionPlan
