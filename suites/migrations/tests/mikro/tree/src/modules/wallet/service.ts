import { MedusaService } from "@medusajs/framework/utils"
import Wallet from "./models/wallet"
import WalletTransaction from "./models/wallet-transaction"

export default class WalletModuleService extends MedusaService({ Wallet, WalletTransaction }) {}
