import { model } from "@medusajs/framework/utils"
import ParkingSession from "./parking-session"

const ParkingZone = model
  .define("parking_zone", {
    id: model.id({ prefix: "pzon" }).primaryKey(),
    code: model.text().unique(),
    hourly_rate: model.bigNumber(),
    spaces: model.number().default(0),
    sessions: model.hasMany(() => ParkingSession, { mappedBy: "zone" }),
  })

export default ParkingZone
