import { Module } from "@medusajs/framework/utils"
import Service from "./service"

export default Module("store", { service: Service })
