import { model } from "@medusajs/framework/utils"
import WalletTransaction from "./wallet-transaction"

const Wallet = model
  .define("wallet", {
    id: model.id({ prefix: "wal" }).primaryKey(),
    tenant_id: model.text(),
    customer_id: model.text(),
    currency_code: model.text(),
    balance: model.bigNumber().default(0),
    version: model.number().default(0),
    status: model.enum(["active", "frozen", "closed"]).default("active"),
    freeze_reason: model.text().nullable(),
    metadata: model.json().nullable(),
    transactions: model.hasMany(() => WalletTransaction, { mappedBy: "wallet" }),
  })
  .indexes([
    { on: ["customer_id", "currency_code"], unique: true },
  ])
  .checks([
    { name: "wallet_balance_check", expression: `balance >= 0` },
  ])

export default Wallet
