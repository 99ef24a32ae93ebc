import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("commission", { service: Service })
