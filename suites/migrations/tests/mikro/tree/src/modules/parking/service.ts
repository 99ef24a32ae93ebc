import { MedusaService } from "@medusajs/framework/utils"
import ParkingZone from "./models/parking-zone"
import ParkingSession from "./models/parking-session"

export default class ParkingModuleService extends MedusaService({ ParkingZone, ParkingSession }) {}
