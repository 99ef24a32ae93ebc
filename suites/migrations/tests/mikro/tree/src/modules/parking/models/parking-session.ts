import { model } from "@medusajs/framework/utils"
import ParkingZone from "./parking-zone"

const ParkingSession = model
  .define("parking_session", {
    id: model.id({ prefix: "pses" }).primaryKey(),
    plate: model.text(),
    started_at: model.dateTime(),
    ended_at: model.dateTime().nullable(),
    paid: model.bigNumber().default(0),
    zone: model.belongsTo(() => ParkingZone, { mappedBy: "sessions" }),
  })
  .indexes([
    { on: ["plate"] },
  ])

export default ParkingSession
