from catalog import views as catalog
from django.urls import path
from invoices import views as invoices
from orders import views as orders

urlpatterns = [
    path("orders/", orders.create_order),
    path("orders/<int:order_id>/", orders.order_detail),
    path("orders/<int:order_id>/refund/", orders.refund),
    path("products/import/", catalog.import_products_view),
    path("exports/", invoices.start_export),
    path("exports/<str:task_id>/", invoices.download_export),
]
