import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("delivery", { service: Service })
