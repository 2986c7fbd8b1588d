# cmake -DSOURCE=DIR -DTARGET=DIR -DNPM=PROGRAM -DHINT=TEXT -P modules.cmake
#
# Makes the folder TARGET with the npm packages of SOURCE's lock file, whole or not at all: they are
# fetched beside it and moved, so that two builds may do so at the same time. Scripts of packages
# are not run.

if(EXISTS ${TARGET}/package-lock.json)
  return()
endif()
string(RANDOM LENGTH 8 letters)
set(fresh ${TARGET}.${letters})
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${fresh})
execute_process(
  COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --no-update-notifier --prefer-offline
          --fetch-retry-mintimeout=2000 --fetch-retry-maxtimeout=10000 --loglevel=error
  WORKING_DIRECTORY ${fresh}
  RESULT_VARIABLE status
  OUTPUT_VARIABLE said
  ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  file(REMOVE_RECURSE ${fresh})
  message(FATAL_ERROR "The page's packages cannot be fetched:\n${said}\n${HINT}")
endif()
file(RENAME ${fresh} ${TARGET} RESULT moved)
if(NOT EXISTS ${TARGET}/package-lock.json)
  message(FATAL_ERROR "${fresh} cannot be moved to ${TARGET}: ${moved}")
endif()
file(REMOVE_RECURSE ${fresh}) # still there where another build was first
file(TOUCH ${TARGET}/package-lock.json)
