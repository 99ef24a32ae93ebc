import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("loyalty", { service: Service })
