import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("auction", { service: Service })
