import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("promotion_rule", { service: Service })
