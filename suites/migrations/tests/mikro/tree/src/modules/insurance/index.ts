import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("insurance", { service: Service })
