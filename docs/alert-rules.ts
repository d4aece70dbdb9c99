/** The rules of the alerts, name → text: the one list that pages are made from. */
import data from '../stack/images/monitoring/rules/data.yaml?raw'
import logs from '../stack/images/monitoring/rules/logs.yaml?raw'
import requests from '../stack/images/monitoring/rules/requests.yaml?raw'
import room from '../stack/images/monitoring/rules/room.yaml?raw'
import services from '../stack/images/monitoring/rules/services.yaml?raw'

export const alertRules = {
  'requests.yaml': requests,
  'services.yaml': services,
  'room.yaml': room,
  'data.yaml': data,
  'logs.yaml': logs,
}
