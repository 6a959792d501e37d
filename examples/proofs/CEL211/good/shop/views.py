from shop.tasks import log_visit


def show_page(request):
    log_visit.delay(request.META["REMOTE_ADDR"], request.user.pk)
