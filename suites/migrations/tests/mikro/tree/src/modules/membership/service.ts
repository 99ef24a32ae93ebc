import { MedusaService } from "@medusajs/framework/utils"
import Membership from "./models/membership"
import MembershipCard from "./models/membership-card"

export default class MembershipModuleService extends MedusaService({ Membership, MembershipCard }) {}
