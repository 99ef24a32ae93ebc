import { model } from "@medusajs/framework/utils"
import Wallet from "./wallet"

const WalletTransaction = model
  .define("wallet_transaction", {
    id: model.id({ prefix: "wtxn" }).primaryKey(),
    type: model.enum(["credit", "debit"]),
    amount: model.bigNumber(),
    balance_after: model.bigNumber(),
    reference_id: model.text().nullable(),
    description: model.text().nullable(),
    order_id: model.text().nullable(),
    wallet: model.belongsTo(() => Wallet, { mappedBy: "transactions" }),
  })
  .indexes([
    { on: ["wallet_id", "type", "reference_id"], unique: true },
    { on: ["order_id"] },
  ])

export default WalletTransaction
