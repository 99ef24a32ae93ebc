import { model } from "@medusajs/framework/utils"

const CmsPage = model
  .define("cms_page", {
    id: model.id({ prefix: "cms" }).primaryKey(),
    tenant_id: model.text(),
    slug: model.text(),
    locale: model.text().default("ar"),
    title: model.text(),
    layout: model.json().nullable(),
    status: model.enum(["draft", "published", "archived"]).default("draft"),
    payload_id: model.text().nullable(),
    published_at: model.dateTime().nullable(),
  })
  .indexes([
    { on: ["tenant_id", "slug", "locale"], unique: true },
  ])

export default CmsPage
